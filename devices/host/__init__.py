"""The machine under the kiosk: its clocks and its service manager."""
