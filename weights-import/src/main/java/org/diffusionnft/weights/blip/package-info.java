/** ImageReward's files. */
@NullMarked
package org.diffusionnft.weights.blip;

import org.jspecify.annotations.NullMarked;
