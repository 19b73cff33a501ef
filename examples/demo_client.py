"""The demo's second process: it knows TensorFlow, an archive and some requests, but neither specc nor the model.

Reads a pickled dict from endpoint to (nested arguments, flat arguments) on standard input, and writes the pickled
answers of each surface to standard output: endpoint by endpoint, nested or by wire name.
"""

import pickle
import sys
import time

import tensorflow as tf


def ask(archive, requests):
    """The answers of the revived object, the signatures and a TensorFlow 1 Session, and how long loading took."""
    start = time.perf_counter()
    revived = tf.saved_model.load(archive)
    seconds = time.perf_counter() - start
    answers = {"revived": {}, "signature": {}, "session": {}}
    for endpoint, (nested, flat) in requests.items():
        tensors = tf.nest.map_structure(tf.constant, (nested, flat))
        answers["revived"][endpoint] = getattr(revived, endpoint)(*tensors[0])
        answers["signature"][endpoint] = revived.signatures[endpoint](**tensors[1])
    answers = tf.nest.map_structure(lambda tensor: tensor.numpy(), answers)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        signatures = tf.compat.v1.saved_model.load(session, ["serve"], archive).signature_def
        for endpoint, (_, flat) in requests.items():
            signature = signatures[endpoint]
            fetch = {name: tensor.name for name, tensor in signature.outputs.items()}
            feed = {signature.inputs[name].name: value for name, value in flat.items()}
            answers["session"][endpoint] = session.run(fetch, feed)
    return answers, seconds


if __name__ == "__main__":
    pickle.dump(ask(sys.argv[1], pickle.load(sys.stdin.buffer)), sys.stdout.buffer)
