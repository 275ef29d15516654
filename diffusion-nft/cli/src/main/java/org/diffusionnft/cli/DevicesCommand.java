package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.DeviceProvider.Description;
import org.diffusionnft.tensor.Devices;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code dnft devices}: the devices of this machine, and why others are missing. */
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the devices available here, the default first, and why others are missing.",
      "--device accepts these names; the first part of one is enough."
    })
final class DevicesCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    List<Description> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (DeviceProvider provider : Devices.providers()) {
      DeviceProvider.Found here = provider.probe();
      found.addAll(here.devices());
      if (!here.missing().isEmpty()) {
        missing.add(here.missing());
      }
    }
    int width = found.stream().mapToInt(d -> d.name().length()).max().orElse(0);
    for (int i = 0; i < found.size(); i++) {
      Description device = found.get(i);
      out.println(
          device.name()
              + " ".repeat(width - device.name().length() + 2)
              + device.details()
              + (i == 0 ? " (default)" : ""));
    }
    missing.forEach(sentence -> out.println("not here: " + sentence));
    out.flush();
  }
}
