"""Bulletins: what is published, made and attacked here before anything leaves. docs/disclosure.md."""
