/** Comparison of policies on the same prompts and noise, as in the paper's table 1. */
@NullMarked
package org.diffusionnft.studies.benchmark;

import org.jspecify.annotations.NullMarked;
