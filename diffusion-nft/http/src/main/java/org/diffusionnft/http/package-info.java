/** A web server of this machine: its address, the hosts that it accepts, and its limits. */
@NullMarked
package org.diffusionnft.http;

import org.jspecify.annotations.NullMarked;
