/** A web server of this machine: where it listens, whom it answers, and its bounds. */
@NullMarked
package org.diffusionnft.http;

import org.jspecify.annotations.NullMarked;
