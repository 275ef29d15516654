/**
 * The device of TornadoVM: kernels written once in Java and compiled to OpenCL, PTX or CUDA. Built
 * by the Maven profile {@code tornado} only.
 */
@org.jspecify.annotations.NullMarked
package org.diffusionnft.kernels.tornado;
