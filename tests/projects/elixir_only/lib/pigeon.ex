defmodule Pigeon do
end
