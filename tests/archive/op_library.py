"""A library with one op of its own, compiled for the installed TensorFlow: what an op library is, without a download."""

from __future__ import annotations

import subprocess
from pathlib import Path

import tensorflow as tf

_SOURCE = """
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"
using namespace tensorflow;
REGISTER_OP("SpeccTriple").Input("x: float").Output("y: float").SetShapeFn([](shape_inference::InferenceContext* c) {
  c->set_output(0, c->input(0));
  return absl::OkStatus();
});
class Triple : public OpKernel {
 public:
  explicit Triple(OpKernelConstruction* c) : OpKernel(c) {}
  void Compute(OpKernelContext* c) override {
    Tensor* y = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, c->input(0).shape(), &y));
    auto in = c->input(0).flat<float>();
    auto out = y->flat<float>();
    for (int i = 0; i < in.size(); i++) out(i) = 3 * in(i);
  }
};
REGISTER_KERNEL_BUILDER(Name("SpeccTriple").Device(DEVICE_CPU), Triple);
"""

MODULE = """
from pathlib import Path

import tensorflow as tf

triple = tf.load_op_library(str(Path(__file__).with_name("triple.so"))).specc_triple
"""


def compile_library(directory: Path) -> None:
    """Writes ``triple.so`` and the module ``triple_ops`` that loads it into ``directory``; takes about 7 s of g++."""
    source = directory / "triple.cc"
    source.write_text(_SOURCE)
    flags = (*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags())
    command = ["g++", "-O0", "-w", "-shared", "-fPIC", str(source), "-o", str(directory / "triple.so"), *flags]
    subprocess.run(command, check=True)
    (directory / "triple_ops.py").write_text(MODULE)
