/** Files that appear as a whole or not at all, strict JSON, and what is said of a bad file. */
@NullMarked
package org.diffusionnft.weights.io;

import org.jspecify.annotations.NullMarked;
