defmodule Pigeon.MixProject do
  use Mix.Project
end
