"""One folder per screen: name.py beside name.kv. A page paints a view and posts touches; it decides nothing."""
