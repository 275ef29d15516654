/**
 * Machine code that the vector device writes itself, for instructions that the Vector API has no
 * words for: a small assembler, memory that can be run, and the micro-kernels.
 */
@NullMarked
package org.diffusionnft.kernels.machine;

import org.jspecify.annotations.NullMarked;
