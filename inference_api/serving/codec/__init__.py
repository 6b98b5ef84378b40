"""Photos decoded and encoded: in worker processes that can be killed, or in threads of this one."""
