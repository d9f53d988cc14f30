"""Syntax trees and a model to SQL statements. Builds statements, never runs them."""
