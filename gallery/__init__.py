"""Pictures of every screen in its telling states, from the real window: script/screens."""
