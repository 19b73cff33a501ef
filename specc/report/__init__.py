"""Findings for people and for machines: the only place that formats them."""
