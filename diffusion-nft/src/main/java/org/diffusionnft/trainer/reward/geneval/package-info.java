/** GenEval's rules over what a detector sees. */
@NullMarked
package org.diffusionnft.trainer.reward.geneval;

import org.jspecify.annotations.NullMarked;
