/** How good a policy is on prompts that it is not trained on. */
@NullMarked
package org.diffusionnft.trainer.evaluation;

import org.jspecify.annotations.NullMarked;
