/** JMH benchmarks of the kernels and of a block, against PyTorch in the same JVM. */
package org.diffusionnft.benchmarks;
