/** Rewards that other programs and machines compute: commands, services, judges. */
@NullMarked
package org.diffusionnft.trainer.reward.service;

import org.jspecify.annotations.NullMarked;
