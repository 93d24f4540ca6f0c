"""The whole action and the reusable workflow under act, as another repository uses them."""
