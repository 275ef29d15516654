/** Scores on held-out prompts, by category, with confidence intervals. */
@NullMarked
package org.diffusionnft.shapes.evaluation;

import org.jspecify.annotations.NullMarked;
