"""Why a USB stick is not taken, in a sentence for each reason."""

from __future__ import annotations

from kiosk.i18n import Translator


def why_refused(reason: str, words: Translator) -> str:
    """The sentence for `StickRefused.reason`."""
    match reason:
        case "no-stick" | "no-such-stick":
            return words.text("No USB stick is plugged in, or it is not one: its partition must be FAT or exFAT.")
        case "many-sticks":
            return words.text("There are several USB sticks. Please leave one plugged in.")
        case "not-a-partition" | "not-a-usb-stick":
            return words.text("This is not the partition of a USB stick.")
        case "file-system":
            return words.text(
                "This stick has another file system. It must be FAT or exFAT, as sticks are when they are bought."
            )
        case "in-use":
            return words.text("This stick is in use already, for the backups or by the system itself.")
        case "cannot-mount":
            return words.text("The stick cannot be opened: it may be damaged. Please try another.")
        case "cannot-unmount":
            return words.text("The stick is still being written. Please wait a moment before you pull it out.")
        case "cannot-begin":
            return words.text(
                "The update was copied, and installing it could not be begun. It is tried again within some hours."
            )
        case "no-helper":
            return words.text("No helper for sticks is installed on this machine.")
    return words.text(
        "The part of the system that opens sticks does not answer ({why}). Please switch the machine off and on.",
        why=reason,
    )
