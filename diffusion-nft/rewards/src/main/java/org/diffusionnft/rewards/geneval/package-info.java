/** GenEval's rules over what a detector sees. */
@NullMarked
package org.diffusionnft.rewards.geneval;

import org.jspecify.annotations.NullMarked;
