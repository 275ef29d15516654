/** GenEval's rules for detected objects. */
@NullMarked
package org.diffusionnft.rewards.geneval;

import org.jspecify.annotations.NullMarked;
