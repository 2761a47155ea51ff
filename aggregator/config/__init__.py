"""Text files of the user -> a frozen `Config`, or all mistakes at once, each with its place."""
