"""The office around the agent: ordinary mails and threads, drawn from the seed and written out when somebody reads them."""
