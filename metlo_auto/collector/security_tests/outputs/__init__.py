"""Results as files: JSON, JUnit, SARIF, a baseline of accepted findings, and text for a terminal."""
