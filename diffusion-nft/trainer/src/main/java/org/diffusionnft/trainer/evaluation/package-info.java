/** Evaluation of policies on held-out prompts. */
@NullMarked
package org.diffusionnft.trainer.evaluation;

import org.jspecify.annotations.NullMarked;
