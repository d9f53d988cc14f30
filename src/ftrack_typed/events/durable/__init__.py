"""Listeners whose events survive: a journal on disk, order by key, retries, and what fails set aside."""
