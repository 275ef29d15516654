/** Scores on held-out prompts, by category, with confidence intervals. */
@NullMarked
package org.diffusionnft.trainer.evaluation;

import org.jspecify.annotations.NullMarked;
