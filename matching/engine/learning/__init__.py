"""Learning from outcomes: the scorecard's own grounds with other points, or the scorecard as it is.

What is learned is again a scorecard: whole points in published tables, in the order that the
published one has (a higher wage or level never lowers), explained by the same contributions and
stored as JSON that a person can read. It is used only where it proves better (`stages.learn`),
and nothing learned is on by default.
"""
