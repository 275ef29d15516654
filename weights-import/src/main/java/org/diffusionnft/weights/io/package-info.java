/** Atomic file writing, strict JSON, and error messages about files. */
@NullMarked
package org.diffusionnft.weights.io;

import org.jspecify.annotations.NullMarked;
