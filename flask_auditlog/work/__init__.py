"""Background work: jobs and their queues. The only room that knows Redis, RQ and Celery."""
