"""Things with a plug, behind the ports of kiosk.ports.devices and kiosk.ports.host."""
