/** The trainers: sampling, rewards, updates of the policy, one epoch after the other. */
@NullMarked
package org.diffusionnft.trainer;

import org.jspecify.annotations.NullMarked;
