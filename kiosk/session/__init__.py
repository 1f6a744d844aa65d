"""One pupil after another in front of the station, as a pure function: step(state, input) -> (state, effects)."""
