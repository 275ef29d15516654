/**
 * The TornadoVM device: kernels written once in Java and compiled to OpenCL, PTX or CUDA. Only the
 * Maven profile {@code tornado} builds it. The codes of operations and types need no TornadoVM, so
 * every build compiles and tests them.
 */
@org.jspecify.annotations.NullMarked
package org.diffusionnft.kernels.tornado;
