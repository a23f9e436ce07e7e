"""The office around the agent: ordinary mails and threads, drawn from the seed and rendered when read."""
