"""What is the matter with a station, in words that need no training: what it is, and what to do."""

from central_server.station_state import Finding, Trouble
from central_server.web.site import say
from central_server.web.visits import Visit


def told(visit: Visit, finding: Finding) -> tuple[str, str]:
    """What it is, and what to do."""
    about = finding.about
    match finding.trouble:
        case Trouble.WAITS:
            return (
                say(visit, "It waits to be confirmed."),
                say(visit, "Compare the four words on its screen, then confirm or refuse it."),
            )
        case Trouble.SHUT_OUT:
            return (
                say(visit, "It was shut out. What it has not sent waits there."),
                say(visit, "If it is yours and safe, let it in again; else nothing needs to be done."),
            )
        case Trouble.NEVER_SEEN:
            return (
                say(visit, "It was confirmed, and has not asked for anything yet."),
                say(visit, "Look at its screen: it says there what it waits for."),
            )
        case Trouble.QUIET:
            return (
                say(visit, "Nothing was heard of it for {days} days.", days=about),
                say(visit, "Is it switched on? Then look at its network. It goes on lending meanwhile."),
            )
        case Trouble.NOTHING_TOLD:
            return (
                say(visit, "It has not said yet how it is."),
                say(visit, "It says so every hour. Look again later."),
            )
        case Trouble.STOPPED:
            return (
                say(visit, "The machine is on, but the station's program does not run."),
                say(visit, "Switch it off and on again. If that does not help, ask for a support bundle."),
            )
        case Trouble.RESTS:
            return (
                say(visit, "It rests, and lends nothing. Its screen shows the code {code}.", code=about),
                say(visit, "The handbook says what each code means and what helps."),
            )
        case Trouble.DEVICE_LOST:
            return (
                say(visit, "It cannot find a device: {name}.", name=about),
                say(visit, "Unplug the scanner or camera and plug it in again; try another cable."),
            )
        case Trouble.SET_ASIDE:
            return (
                say(visit, "{count} transactions were not taken here, and are set aside.", count=about),
                say(visit, "Nothing is lost. Ask for a support bundle and tell whoever looks after the server."),
            )
        case Trouble.BACKLOG:
            return (
                say(visit, "{count} transactions wait there to be sent.", count=about),
                say(visit, "They go by themselves once the network is good for some minutes."),
            )
        case Trouble.DISK:
            return (
                say(visit, "There is little room left on its card: {free} MB.", free=about or "?"),
                say(visit, "Ask for a support bundle; a larger card may be needed."),
            )
        case Trouble.HOT:
            return (
                say(visit, "It is hot: {degrees} °C.", degrees=about),
                say(visit, "Move it into the shade, and let air come to it."),
            )
        case Trouble.POWER:
            return (
                say(visit, "Its power supply is too weak."),
                say(visit, "Use the power supply and the cable that came with it."),
            )
        case Trouble.SLOWED:
            return (
                say(visit, "It has slowed itself down, because of heat or power."),
                say(visit, "Move it into the shade, and look at its power supply."),
            )
        case Trouble.CLOCK:
            return (
                say(visit, "Nobody vouches for its clock, so due dates are counted in days."),
                say(visit, "It sets its clock by itself as soon as it reaches us."),
            )
        case Trouble.UPKEEP:
            return say(visit, "The last {chore} did not go well.", chore=_chore(visit, about)), (
                say(visit, "Is the stick for backups plugged in, and is there room on it?")
            )
        case Trouble.PART:
            return (
                say(visit, "It says itself that something needs a look: {part}.", part=_part(visit, about)),
                say(visit, "Show it a service pass: its screen then says more."),
            )


def _chore(visit: Visit, name: str) -> str:
    known = {
        "backup": say(visit, "backup"),
        "check": say(visit, "check of the data"),
        "recovery": say(visit, "trial of the backup"),
    }
    return known.get(name, name)


def _part(visit: Visit, name: str) -> str:
    known = {
        "settings": say(visit, "settings"),
        "network": say(visit, "network"),
        "centre": say(visit, "connection to the centre"),
        "store": say(visit, "data"),
        "printer": say(visit, "printer"),
        "screen": say(visit, "screen"),
        "touch": say(visit, "touch"),
        "version": say(visit, "version"),
        "keys": say(visit, "enrolment"),
        "units": say(visit, "services of the machine"),
    }
    return known.get(name, name)
