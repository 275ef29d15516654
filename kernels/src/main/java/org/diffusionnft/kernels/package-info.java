/** Fast devices, found with {@link java.util.ServiceLoader}: no module compiles against them. */
@NullMarked
package org.diffusionnft.kernels;

import org.jspecify.annotations.NullMarked;
