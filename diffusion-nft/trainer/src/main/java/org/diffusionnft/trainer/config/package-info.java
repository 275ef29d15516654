/**
 * The configuration file of a training run: a tree of records whose defaults are the official ones.
 */
@NullMarked
package org.diffusionnft.trainer.config;

import org.jspecify.annotations.NullMarked;
