"""The pages for people. They work without JavaScript; each is written for a telephone first."""
