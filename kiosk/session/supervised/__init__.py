"""The librarian's desk: what somebody of the staff does at the station (docs/decisions/0036)."""
