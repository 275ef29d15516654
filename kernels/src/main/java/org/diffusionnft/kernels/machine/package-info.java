/**
 * Machine code that the vector device generates for instructions the Vector API does not expose: a
 * small assembler, executable memory, and the micro-kernels.
 */
@NullMarked
package org.diffusionnft.kernels.machine;

import org.jspecify.annotations.NullMarked;
