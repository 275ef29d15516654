package org.diffusionnft.trainer.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code dnft --version} prints: our version, which the jar's manifest names, and Java's. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Dnft.class.getPackage().getImplementationVersion();
    return new String[] {
      "dnft " + (version == null ? "(not packaged)" : version),
      "Java " + Runtime.version() + ", " + System.getProperty("java.vendor")
    };
  }
}
