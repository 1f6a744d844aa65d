"""A machine as a folder: the small files of its kernel, for whoever looks at one."""

from __future__ import annotations

from pathlib import Path

GOOD_BOARD = {
    "proc/net/route": "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
    "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    "wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n",
    "proc/net/fib_trie": "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n"
    "     |-- 192.168.1.20\n        /32 host LOCAL\n     |-- 192.168.1.255\n        /32 link BROADCAST\n",
    "proc/net/if_inet6": "fe800000000000000000000000000001 02 40 20 80    wlan0\n",
    "proc/net/wireless": "Inter-| sta-|   Quality\n face | tus | link level\n wlan0: 0000   44.  -66.  -256  0  0\n",
    "sys/class/net/wlan0/operstate": "up",
    "sys/class/net/wlan0/wireless/.there": "",
    "sys/class/net/lo/operstate": "unknown",
    "etc/resolv.conf": "# made by hand\nnameserver 192.168.1.1\n",
    "sys/class/drm/card0-HDMI-A-1/status": "connected\n",
    "sys/class/drm/card0-HDMI-A-1/modes": "1024x600\n800x600\n",
    "sys/class/drm/card0-HDMI-A-2/status": "disconnected\n",
    "sys/class/input/event2/device/name": "ILITEK Multi-Touch",
    "sys/class/input/event2/device/capabilities/abs": "260000000000003",
    "sys/class/input/event5/device/name": "Zebra DS2208",
    "sys/class/input/event5/device/id/vendor": "05e0",
    "sys/class/input/event5/device/id/product": "1200",
    "sys/class/input/event5/device/capabilities/abs": "0",
    "dev/input/event5": "",
    "dev/ttyACM0": "",
    "dev/video0": "",
    "sys/class/thermal/thermal_zone0/temp": "61234\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/class/rtc/rtc0/name": "rpi-rtc",
    "sys/block/mmcblk0/device/life_time": "0x01 0x02\n",
    "etc/os-release": 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "proc/sys/kernel/osrelease": "6.12.25+rpt-rpi-2712\n",
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
}


def board(folder: Path, changes: dict[str, str | None] | None = None) -> Path:
    """`changes`: other contents; None: not there."""
    for name, content in (GOOD_BOARD | (changes or {})).items():
        if content is not None:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
    return folder
