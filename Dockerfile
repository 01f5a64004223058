# Patchwright with amsynth, DawDreamer and Vital, for the CPU.
#
# For an NVIDIA GPU, another base and the CUDA build of PyTorch:
#   make build-image BASE=nvidia/cuda:12.8.1-runtime-ubuntu24.04 TORCH_INDEX=https://pypi.org/simple
ARG BASE=debian:bookworm-slim
FROM ${BASE}
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

# DawDreamer loads libGL
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        amsynth libgl1 libstdc++6 python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:${PATH}

WORKDIR /opt/patchwright
COPY constraints.txt ./
RUN pip install --no-cache-dir --index-url "${TORCH_INDEX}" "$(grep ^torch== constraints.txt)"
COPY LICENSE README.md pyproject.toml setup.py ./
COPY patchwright patchwright
COPY synths synths
COPY objectives objectives
COPY search search
COPY surrogates surrogates
COPY experiments experiments
RUN pip install --no-cache-dir -c constraints.txt '.[dawdreamer,lv2,vital,onnx,clap,jtfs,qd,postgresql,dask,studio,hardware]'

# runs as anybody: plugins and libraries write their settings and caches below HOME
ENV HOME=/tmp/home NUMBA_CACHE_DIR=/tmp/home/numba
RUN mkdir -m 1777 /tmp/home
WORKDIR /work
EXPOSE 8080
CMD ["bash"]
