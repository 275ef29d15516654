/** Policies side by side on the same prompts and noise, as the paper's table 1 has them. */
@NullMarked
package org.diffusionnft.studies.benchmark;

import org.jspecify.annotations.NullMarked;
