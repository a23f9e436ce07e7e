"""Worlds inside other frameworks: one package a framework, each with an extra of its own."""
