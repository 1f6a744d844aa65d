"""Making a machine a station of a library: what a school's IT person does once, in a terminal."""
