"""The other end of `suite.Worker`: does what it is told in lines of JSON, and measures itself.

Standard library only: it also runs in the environments of other tools.
"""

import json
import os
import resource
import sys
import time


def processor_seconds():
    """Return the processor time of this process, its threads, and its children that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + usage.ru_utime + usage.ru_stime


def serve(actions):
    """Answer until nobody asks any more; `actions` are functions by name."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        action = actions[request.pop("action")]
        cpu, wall = processor_seconds(), time.monotonic()
        answer = action(**request)
        cost = {"cpu": processor_seconds() - cpu, "wall": time.monotonic() - wall}
        print(json.dumps({**cost, "answer": answer}), file=answers, flush=True)
